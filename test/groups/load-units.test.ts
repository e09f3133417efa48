/** The unit tests of load/. */
import { runGroup } from "../equipment/test-group.ts";

runGroup("unit", "load");
