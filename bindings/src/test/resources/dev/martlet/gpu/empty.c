/* empty.c: a library that is there. */
int martlet_empty;
