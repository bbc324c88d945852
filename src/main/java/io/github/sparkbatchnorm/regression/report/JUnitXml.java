package io.github.sparkbatchnorm.regression.report;

import io.github.sparkbatchnorm.regression.Check;
import io.github.sparkbatchnorm.regression.Check.Status;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.Locale;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;

/** Checks as the XML of JUnit reports, as build servers read it. */
public final class JUnitXml {
    private JUnitXml() {}

    /**
     * Writes checks.
     *
     * @param suite the name of the suite
     * @param checks each a test case
     * @param seconds that all of them took
     * @param out stays open
     * @throws IOException if it cannot be written
     */
    public static void write(String suite, List<Check> checks, double seconds, OutputStream out) throws IOException {
        try {
            XMLStreamWriter xml = XMLOutputFactory.newFactory().createXMLStreamWriter(out, "UTF-8");
            xml.writeStartDocument("UTF-8", "1.0");
            xml.writeCharacters("\n");
            xml.writeStartElement("testsuite");
            xml.writeAttribute("name", suite);
            xml.writeAttribute("time", String.format(Locale.ROOT, "%.3f", seconds));
            xml.writeAttribute("tests", Integer.toString(checks.size()));
            xml.writeAttribute("errors", "0");
            xml.writeAttribute("skipped", Long.toString(count(checks, Status.SKIPPED)));
            xml.writeAttribute("failures", Long.toString(count(checks, Status.FAILED)));
            xml.writeCharacters("\n");
            for (Check check : checks) {
                write(suite, check, xml);
            }
            xml.writeEndElement();
            xml.writeCharacters("\n");
            xml.writeEndDocument();
            xml.flush();
        } catch (XMLStreamException e) {
            throw new IOException(e);
        }
    }

    private static long count(List<Check> checks, Status status) {
        return checks.stream().filter(check -> check.status() == status).count();
    }

    private static void write(String suite, Check check, XMLStreamWriter xml) throws XMLStreamException {
        int slash = check.name().lastIndexOf('/');
        String group = slash < 0
                ? suite
                : suite + "." + check.name().substring(0, slash).replace('/', '.');
        xml.writeCharacters("  ");
        xml.writeStartElement("testcase");
        xml.writeAttribute("name", check.name().substring(slash + 1));
        xml.writeAttribute("classname", group);
        xml.writeAttribute("time", "0");
        switch (check.status()) {
            case FAILED -> {
                xml.writeStartElement("failure");
                xml.writeAttribute("message", printable("found " + check.found() + "; expected " + check.expected()));
                xml.writeAttribute("type", "check");
                xml.writeEndElement();
            }
            case SKIPPED -> {
                xml.writeStartElement("skipped");
                xml.writeAttribute("message", printable(check.expected()));
                xml.writeEndElement();
            }
            case OK -> {
                xml.writeStartElement("system-out");
                xml.writeCharacters(printable("found " + check.found() + "; expected " + check.expected()));
                xml.writeEndElement();
            }
        }
        xml.writeEndElement();
        xml.writeCharacters("\n");
    }

    /** Without the characters that XML does not have. */
    private static String printable(String text) {
        return text.replaceAll("[^\\t\\n\\r\\x20-\\x{D7FF}\\x{E000}-\\x{FFFD}\\x{10000}-\\x{10FFFF}]", "?");
    }
}
