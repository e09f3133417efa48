/** The tests of admin/ against the embedded engines. */
import { runGroup } from "../equipment/test-group.ts";

runGroup("engine", "admin");
