// Runs Python. The page starts this file as a blob, so that the content security policy of the page holds here too.
// Messages: {base} loads Python; {request, files, gold, ids} checks files.

let python, page, checks = 0;

async function bytes(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  return answer.arrayBuffer();
}

async function load(base) {
  const began = performance.now();
  const { loadPyodide } = await import(`${base}pyodide/pyodide.mjs`);
  const archives = Promise.all(["package.zip", "page.zip"].map((name) => bytes(base + name)));
  python = await loadPyodide({ indexURL: `${base}pyodide/` });
  for (const archive of await archives) python.unpackArchive(archive, "zip", { extractDir: "/code" });
  python.runPython("import sys; sys.path.insert(0, '/code')");
  page = python.pyimport("page");
  const about = JSON.parse(page.describe());
  return { about: { ...about, python: python.runPython("sys.version.split()[0]"), seconds: (performance.now() - began) / 1000 } };
}

function check({ request, files, gold, ids }) {
  const { FS } = python, home = `/work${(checks += 1)}`;
  const write = (folder, list) => {
    FS.mkdirTree(folder);
    for (const { path, body } of list) {
      const target = `${folder}/${path}`;
      FS.mkdirTree(target.slice(0, target.lastIndexOf("/")));
      FS.writeFile(target, new Uint8Array(body));
    }
  };
  write(home, files);
  write(`${home}/${page.GOLD}`, gold);
  write(`${home}/${page.IDS}`, ids);
  const result = JSON.parse(page.run(home, JSON.stringify(request)));
  for (const download of result.downloads ?? []) download.body = FS.readFile(download.path);
  page.forget(home);
  return { result };
}

self.onmessage = async ({ data }) => {
  try {
    self.postMessage(data.base ? await load(data.base) : check(data));
  } catch (error) {
    self.postMessage({ failed: String(error.message ?? error), loading: Boolean(data.base) });
  }
};
