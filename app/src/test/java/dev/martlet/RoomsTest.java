package dev.martlet;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which room may know which: a request walks the rooms from bottom to top, and none looks at one above it. */
class RoomsTest {

    /** Each room and, to its right, the only other rooms of Martlet that it may use. */
    private static final List<Room> ROOMS = List.of(
            new Room("ffi"),
            new Room("nativelib", "ffi"),
            new Room("model", "nativelib", "ffi"),
            new Room("gpu", "nativelib", "ffi"),
            new Room("memory", "model", "nativelib", "ffi"),
            new Room("text", "model"),
            new Room("grammar", "model"),
            new Room("engine", "memory", "model", "text", "grammar", "nativelib", "ffi"),
            new Room("embedding", "engine", "model", "nativelib", "ffi"),
            new Room("chat"),
            new Room("chat.template", "chat"),
            new Room("chat.toolcall", "chat", "grammar"),
            new Room("openai", "chat", "chat.toolcall", "chat.template", "engine", "model", "text"),
            new Room("responses", "openai", "chat", "engine"),
            new Room("anthropic", "openai", "chat"),
            new Room("access"),
            new Room(
                    "server",
                    "access",
                    "openai",
                    "responses",
                    "anthropic",
                    "chat",
                    "chat.toolcall",
                    "chat.template",
                    "engine",
                    "embedding",
                    "grammar",
                    "model",
                    "text",
                    "nativelib"),
            new Room(
                    "cli",
                    "server",
                    "access",
                    "openai",
                    "chat",
                    "chat.toolcall",
                    "chat.template",
                    "engine",
                    "embedding",
                    "gpu",
                    "grammar",
                    "memory",
                    "model",
                    "text",
                    "nativelib"));

    private static final JavaClasses MARTLET = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            // The bindings' tests are on the class path as a jar, for their scripted model.
            .withImportOption(location -> !location.contains("-tests.jar"))
            .importPackages("dev.martlet");

    @Test
    void shouldKeepEachRoomToItsNeighbours() {
        for (Room room : ROOMS) {
            noClasses()
                    .that()
                    .resideInAPackage(room.packageName())
                    .should()
                    .dependOnClassesThat(room.mayNotUse())
                    .allowEmptyShould(true)
                    .check(MARTLET);
        }
    }

    @Test
    void shouldHaveNoRoomBesideThese() {
        classes()
                .should()
                .resideInAnyPackage(ROOMS.stream().map(Room::packageName).toArray(String[]::new))
                .check(MARTLET);
    }

    private record Room(String name, List<String> uses) {
        Room(String name, String... uses) {
            this(name, List.of(uses));
        }

        String packageName() {
            return "dev.martlet." + name;
        }

        DescribedPredicate<JavaClass> mayNotUse() {
            return DescribedPredicate.describe("a room other than " + uses, type -> {
                String other = type.getPackageName();
                return other.startsWith("dev.martlet.")
                        && !other.equals(packageName())
                        && uses.stream().noneMatch(room -> other.equals("dev.martlet." + room));
            });
        }
    }
}
