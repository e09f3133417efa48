/** The tests of monitoring/. */
import { runGroup } from "../equipment/test-group.ts";

runGroup("unit", "monitoring");
