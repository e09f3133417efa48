/** The unit tests of bench/. */
import { runGroup } from "../equipment/test-group.ts";

runGroup("unit", "bench");
