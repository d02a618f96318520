/**
 * The border to libmartlet: finding, unpacking and loading it, the lifetime of its objects, its error codes as one
 * exception, its log. Of this package {@link dev.martlet.nativelib.NativeException}, {@link dev.martlet.nativelib.Status}
 * and what {@link dev.martlet.nativelib.NativeObject} shows are for everybody; the rest is for the other packages of
 * this module.
 */
package dev.martlet.nativelib;
