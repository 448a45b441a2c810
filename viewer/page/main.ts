// The page of one graph, opened from disk: it asks nobody.
import { openGraph, packedIn } from "./open";
import { startTheme } from "./theme";

startTheme();
const packed = packedIn(document);
const root = document.getElementById("app");
if (packed && root) openGraph(root, packed);
