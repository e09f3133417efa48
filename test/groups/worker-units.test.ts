/** The unit tests of worker/. */
import { runGroup } from "../equipment/test-group.ts";

runGroup("unit", "worker");
