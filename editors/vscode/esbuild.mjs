// Bundles the extension for Node and the preview for the browser. `--watch` rebuilds on change.
import esbuild from "esbuild";

const shared = { bundle: true, sourcemap: "linked", logLevel: "info", minify: !process.argv.includes("--watch") };
const builds = [
  { ...shared, entryPoints: ["src/extension.ts"], outfile: "dist/extension.js", platform: "node", format: "cjs", target: "node20", external: ["vscode"] },
  { ...shared, entryPoints: ["src/webview/preview.ts"], outfile: "dist/preview.js", platform: "browser", format: "iife", target: "es2022" },
  { ...shared, entryPoints: ["src/webview/preview.css"], outfile: "dist/preview.css" },
  { ...shared, entryPoints: ["src/webview/worker.ts"], outfile: "dist/worker.js", platform: "browser", format: "iife", target: "es2022" },
];
if (process.argv.includes("--watch")) {
  for (const build of builds) await (await esbuild.context(build)).watch();
} else {
  await Promise.all(builds.map((build) => esbuild.build(build)));
}
