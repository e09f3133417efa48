/** The unit tests of shared/. */
import { runGroup } from "../equipment/test-group.ts";

runGroup("unit", "shared");
