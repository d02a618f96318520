package dev.martlet.bench.serving;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.StringReader;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

class ChartTest {
    /** Width of a letter, more or less. */
    private static final int LETTER = 7;

    @Test
    void shouldDrawBarsToScale() throws Exception {
        Document svg = parse(Chart.svg(List.of(Results.fanOut())));
        NodeList bars = svg.getElementsByTagName("rect");

        assertThat(bars.getLength())
                .as("Martlet, the peer's best, the reference")
                .isEqualTo(3);
        int ours = width(bars, 0);
        assertThat(width(bars, 1)).isEqualTo(2 * ours);
        assertThat(2 * width(bars, 2)).isBetween(ours - 1, ours + 1);
        assertThat(texts(svg)).contains("Martlet", "4.00 s, 2.00x", "8.00 s (large)", "C API");
    }

    @Test
    void shouldEscapeNames() throws Exception {
        RowResult row = new RowResult(
                Results.FAN_OUT,
                1,
                Results.series("martlet", 1),
                List.of(Results.series("a<b>&c", 1)),
                Optional.empty(),
                List.of());

        assertThat(texts(parse(Chart.svg(List.of(row))))).contains("1.00 s (a<b>&c)");
    }

    @Test
    void shouldHoldWhatItDraws() throws Exception {
        RowResult named = new RowResult(
                Results.FAN_OUT,
                1,
                Results.series("martlet", 12_345),
                List.of(Results.series("-np 64 --no-kv-unified", 12_345)),
                Optional.empty(),
                List.of());
        Element root = parse(Chart.svg(List.of(Results.fanOut(), named))).getDocumentElement();
        int height = number(root, "height");
        int width = number(root, "width");
        NodeList texts = root.getElementsByTagName("text");
        NodeList bars = root.getElementsByTagName("rect");

        for (int i = 0; i < bars.getLength(); i++) {
            Element bar = (Element) bars.item(i);
            assertThat(number(bar, "y") + number(bar, "height")).isLessThanOrEqualTo(height);
        }
        for (int i = 0; i < texts.getLength(); i++) {
            Element text = (Element) texts.item(i);
            int end = number(text, "x") + LETTER * text.getTextContent().length();
            assertThat(end).as(text.getTextContent()).isLessThanOrEqualTo(width);
        }
    }

    private static int number(Element element, String attribute) {
        return Integer.parseInt(element.getAttribute(attribute));
    }

    private static int width(NodeList bars, int index) {
        return number((Element) bars.item(index), "width");
    }

    private static List<String> texts(Document svg) {
        NodeList texts = svg.getElementsByTagName("text");
        return IntStream.range(0, texts.getLength())
                .mapToObj(i -> texts.item(i).getTextContent())
                .toList();
    }

    private static Document parse(String svg) throws Exception {
        return DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(new InputSource(new StringReader(svg)));
    }
}
