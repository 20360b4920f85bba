import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Date;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import javax.xml.parsers.DocumentBuilderFactory;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.PDFAValidator;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;
import org.verapdf.pdfa.validation.profiles.Profiles;
import org.verapdf.pdfa.validation.profiles.Rule;
import org.verapdf.pdfa.validation.profiles.RuleId;
import org.verapdf.pdfa.validation.profiles.ValidationProfile;
import org.verapdf.pdfa.validation.profiles.Variable;
import org.verapdf.pdfa.validation.validators.ValidatorFactory;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/**
 * Checks one PDF against standards with the veraPDF engine, for tests/tools/pdfcheck.py.
 *
 * <p>{@code java -cp ENGINE.jar VeraCheck.java FILE PROFILE…} writes one line per standard, "checked TAB profile TAB number
 * of checks", and one per broken rule, "broken TAB profile TAB clause-test TAB how often TAB what TAB where first".
 * The engine's own loader of profiles needs JAXB, which the JDK no longer has; so the profiles are read here.
 */
public final class VeraCheck {
    private static final String PROFILES = "/org/verapdf/pdfa/validation/";

    public static void main(String[] arguments) throws Exception {
        VeraGreenfieldFoundryProvider.initialise();
        for (int i = 1; i < arguments.length; i++) {
            report(arguments[i], validate(new File(arguments[0]), load(arguments[i])));
        }
    }

    private static ValidationResult validate(File file, ValidationProfile profile) throws Exception {
        boolean recordPassedChecks = true;
        int allFailures = -1;
        try (InputStream content = new FileInputStream(file);
                PDFAParser parser = Foundries.defaultInstance().createParser(content, profile.getPDFAFlavour());
                PDFAValidator validator =
                        ValidatorFactory.createValidator(profile, allFailures, recordPassedChecks, false, false)) {
            return validator.validate(parser);
        }
    }

    private static void report(String profile, ValidationResult result) {
        line("checked", profile, result.getTotalAssertions());
        Map<String, Integer> times = new TreeMap<>();
        Map<String, TestAssertion> first = new TreeMap<>();
        for (TestAssertion check : result.getTestAssertions()) {
            if (check.getStatus() == TestAssertion.Status.FAILED) {
                RuleId rule = check.getRuleId();
                String key = rule.getClause() + "-" + rule.getTestNumber();
                times.merge(key, 1, Integer::sum);
                first.putIfAbsent(key, check);
            }
        }
        times.forEach((rule, n) -> {
            TestAssertion example = first.get(rule);
            String what = example.getErrorMessage() == null ? example.getMessage() : example.getErrorMessage();
            line("broken", profile, rule, n, what, example.getLocation().getContext());
        });
        if (times.isEmpty() && !result.isCompliant()) {
            line("broken", profile, "engine", 1, "The file could not be validated", result.getJobEndStatus());
        }
    }

    private static void line(Object... fields) {
        List<String> clean = new ArrayList<>();
        for (Object field : fields) {
            clean.add(String.valueOf(field).replaceAll("\\s+", " "));
        }
        System.out.println(String.join("\t", clean));
    }

    private static ValidationProfile load(String name) throws Exception {
        Element root;
        try (InputStream xml = VeraCheck.class.getResourceAsStream(PROFILES + name + ".xml")) {
            if (xml == null) {
                throw new IOException("The engine has no profile " + name);
            }
            root = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(xml).getDocumentElement();
        }
        Set<Rule> rules = new LinkedHashSet<>();
        for (Element rule : all(root, "rule")) {
            rules.add(rule(rule));
        }
        Set<Variable> variables = new LinkedHashSet<>();
        for (Element variable : all(root, "variable")) {
            variables.add(Profiles.variableFromValues(
                    variable.getAttribute("name"),
                    variable.getAttribute("object"),
                    text(variable, "defaultValue"),
                    text(variable, "value")));
        }
        PDFAFlavour flavour = PDFAFlavour.valueOf(root.getAttribute("flavour"));
        return Profiles.profileFromValues(
                flavour, Profiles.profileDetailsFromValues(name, "", "", new Date(0)), "", rules, variables);
    }

    private static Rule rule(Element rule) {
        Element id = all(rule, "id").get(0);
        RuleId identity = Profiles.ruleIdFromValues(
                PDFAFlavour.Specification.valueOf(id.getAttribute("specification")),
                id.getAttribute("clause"),
                Integer.parseInt(id.getAttribute("testNumber")));
        return Profiles.ruleFromValues(
                identity,
                rule.getAttribute("object"),
                Boolean.parseBoolean(rule.getAttribute("deferred")),
                rule.getAttribute("tags"),
                text(rule, "description"),
                text(rule, "test"),
                Profiles.errorFromValues(text(rule, "message"), new ArrayList<>()),
                List.of());
    }

    private static List<Element> all(Element parent, String name) {
        List<Element> found = new ArrayList<>();
        NodeList nodes = parent.getElementsByTagName(name);
        for (int i = 0; i < nodes.getLength(); i++) {
            found.add((Element) nodes.item(i));
        }
        return found;
    }

    private static String text(Element parent, String name) {
        List<Element> found = all(parent, name);
        return found.isEmpty() ? "" : found.get(0).getTextContent().strip();
    }

    private VeraCheck() {}
}
