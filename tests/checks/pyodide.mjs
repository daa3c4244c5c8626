import { pathToFileURL } from "node:url";
const [, , pyodide, packages, work, program] = process.argv;
const { loadPyodide } = await import(pathToFileURL(`${pyodide}/pyodide.mjs`));
const python = await loadPyodide({ indexURL: `${pyodide}/`, env: { HOME: "/project", PYTHONDONTWRITEBYTECODE: "1" } });
for (const [name, root] of [["packages", packages], ["project", work]]) {
  python.FS.mkdirTree(`/${name}`);
  python.FS.mount(python.FS.filesystems.NODEFS, { root }, `/${name}`);
}
python.runPython(`import sys, os\nsys.path[:0] = ["/project", "/packages"]\nos.chdir("/project")`);
python.runPython(program);
