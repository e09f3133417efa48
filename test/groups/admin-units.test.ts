/** The unit tests of admin/. */
import { importUnits } from "../equipment/import-units.ts";

await importUnits("admin");
