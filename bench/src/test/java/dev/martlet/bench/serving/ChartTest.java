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
        Element root =
                parse(Chart.svg(List.of(Results.fanOut(), Results.fanOut()))).getDocumentElement();
        int height = Integer.parseInt(root.getAttribute("height"));
        NodeList bars = root.getElementsByTagName("rect");

        for (int i = 0; i < bars.getLength(); i++) {
            Element bar = (Element) bars.item(i);
            assertThat(Integer.parseInt(bar.getAttribute("y")) + Integer.parseInt(bar.getAttribute("height")))
                    .isLessThanOrEqualTo(height);
        }
    }

    private static int width(NodeList bars, int index) {
        return Integer.parseInt(((Element) bars.item(index)).getAttribute("width"));
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
