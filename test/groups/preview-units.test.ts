/** The unit tests of preview/. */
import { runGroup } from "../equipment/test-group.ts";

runGroup("unit", "preview");
