/** The tests of worker/ against the embedded engines. */
import { runGroup } from "../equipment/test-group.ts";

runGroup("engine", "worker");
