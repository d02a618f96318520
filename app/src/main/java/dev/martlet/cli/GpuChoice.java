package dev.martlet.cli;

import java.util.Locale;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** What {@code --gpu} says. */
sealed interface GpuChoice {

    /** As many layers as fit where there is a GPU; none where there is not. */
    record Auto() implements GpuChoice {}

    /** The CPU alone; nobody looks for a GPU. */
    record Off() implements GpuChoice {}

    /**
     * The GPU must be there.
     *
     * @param count of layers, at least 1; more than the model has are all of them
     */
    record Layers(int count) implements GpuChoice {}

    /** Reads auto, off or a number. */
    final class Converter implements ITypeConverter<GpuChoice> {
        @Override
        public GpuChoice convert(String text) {
            return switch (text.strip().toLowerCase(Locale.ROOT)) {
                case "auto" -> new Auto();
                case "off", "0" -> new Off();
                case String number when number.matches("[1-9][0-9]{0,5}") -> new Layers(Integer.parseInt(number));
                default -> throw new TypeConversionException("'" + text + "' is not auto, off or a number of layers");
            };
        }
    }
}
