/** The program `chromatid`: what all commands have in common, and that its package needs nothing else. */

import { execFile } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";

import { expect, test } from "@playwright/test";

import { cli, CliProcess } from "./support/cli";
import { withDirectory } from "./support/node-process";

const execute = promisify(execFile);
const PACKAGE = path.join(import.meta.dirname, "../../pkg");
const COMMANDS = [[], ["run"], ["browse"], ["copy"], ["export"], ["import"], ["publish"], ["verify"], ["repair"], ["vacuum"], ["db"], ["db", "list"], ["db", "create"], ["db", "delete"]];

for (const command of COMMANDS) {
  const name = ["chromatid", ...command].join(" ");

  test(`${name} has help and a version`, async () => {
    const help = await cli(...command, "--help");
    expect(help).toMatchObject({ code: 0, stderr: "" });
    expect(help.stdout).toContain(`Usage: ${name}`);
    expect(await cli(...command, "-h")).toEqual(help);
    const { version } = JSON.parse(readFileSync(path.join(PACKAGE, "package.json"), "utf8")) as { version: string };
    for (const option of ["--version", "-V"]) {
      expect(await cli(...command, option)).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
    }
  });

  test(`${name} names an option that it does not have`, async () => {
    const { code, stdout, stderr } = await cli(...command, "--nonesuch");
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toBe(`error: unknown option '--nonesuch'. See '${name} --help'.\n`);
  });
}

const WRONG: [string[], string][] = [
  [["serve"], "error: unknown command 'serve'. See 'chromatid --help'."],
  [["ru"], "error: unknown command 'ru' (Did you mean run?) See 'chromatid --help'."],
  [["run", "--prot", "1"], "error: unknown option '--prot' (Did you mean --port?) See 'chromatid run --help'."],
  [["run", "--port", "http"], "argument 'http' is invalid. It is a whole number from 0 to 65535. See 'chromatid run --help'."],
  [["run", "--cache", "-1"], "It is a number of mebibytes above 0."],
  [["run", "--durability", "some"], "Allowed choices are strict, relaxed."],
  [["run", "--insecure", "--token", "x"], "option '--insecure' cannot be used with option '--token <token>'."],
  [["copy", "a"], "error: missing required argument 'target'. See 'chromatid copy --help'."],
  [["copy", "a", "b", "--page", "0"], "It is a whole number from 1 on."],
  [["export", "a"], "error: missing required argument 'file'. See 'chromatid export --help'."],
  [["import", "a", "b", "--existing", "some"], "Allowed choices are refuse, merge, replace."],
  [["db", "drop"], "error: unknown command 'drop'. See 'chromatid db --help'."],
  [["db", "list", "--url", "http://localhost", "--path", "x"], "cannot be used with option '--path <directory>'."],
];

for (const [args, message] of WRONG) {
  test(`chromatid ${args.join(" ")} is refused in a line`, async () => {
    const { code, stdout, stderr } = await cli(...args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain(message);
    expect(stderr.trim().split("\n")).toHaveLength(1);
  });
}

test("stacks are shown to those who debug", async () => {
  const args = ["db", "list", "--url", "http://127.0.0.1:1"];
  expect((await cli(...args)).stderr).toMatch(/^error: http:\/\/127.0.0.1:1 cannot be reached: .*\n$/);
  const { code, stderr } = await new CliProcess(args, { env: { DEBUG: "chromatid" } }).ended;
  expect(code).toBe(1);
  expect(stderr).toMatch(/\n {4}at /);
  expect(stderr).toContain("caused by:");
});

test("what npm packs is executable, and runs without any other package", () =>
  withDirectory(async (directory) => {
    const { stdout } = await execute("npm", ["pack", PACKAGE, "--json", "--ignore-scripts", "--pack-destination", directory]);
    const [packed] = JSON.parse(stdout) as [{ filename: string }];
    const modules = path.join(directory, "node_modules");
    mkdirSync(modules);
    await execute("tar", ["-xf", path.join(directory, packed.filename), "-C", modules]);
    // As npm puts it, whose links of programs lead there.
    const program = path.join(modules, "package/dist/cli/main.js");
    expect(readFileSync(program, "utf8")).toMatch(/^#!\/usr\/bin\/env node\n/);
    expect((await execute(program, ["db", "create", "first", "--path", path.join(directory, "store")])).stdout).toContain("created");
    expect((await execute(program, ["db", "list", "--path", path.join(directory, "store")])).stdout).toContain("first\n");
    for (const name of ["commander", "cli-progress"]) {
      const bundle = readFileSync(path.join(modules, `package/dist/cli/vendor/${name}.js`), "utf8");
      expect(bundle.slice(0, 5000), `the licence of ${name}`).toContain("Permission is hereby granted");
    }
  }));

test("nothing outside of the command line imports it", () => {
  const importing = (readdirSync(path.join(PACKAGE, "src"), { recursive: true }) as string[])
    .filter((file) => file.endsWith(".ts") && !file.startsWith("cli"))
    .filter((file) => /from "[^"]*\/cli\//.test(readFileSync(path.join(PACKAGE, "src", file), "utf8")));
  expect(importing).toEqual([]);
});
