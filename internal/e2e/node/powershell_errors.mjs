// Parses a PowerShell script and prints where its grammar is broken: node powershell_errors.mjs FILE
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { Language, Parser } = require('@vscode/tree-sitter-wasm');
await Parser.init();
const parser = new Parser();
parser.setLanguage(await Language.load(require.resolve('@vscode/tree-sitter-wasm/wasm/tree-sitter-powershell.wasm')));

const walk = (node) => {
  if (node.isError || node.isMissing) {
    console.log(`${node.startPosition.row + 1}:${node.startPosition.column + 1}: ${node.text.slice(0, 60)}`);
  }
  for (let i = 0; i < node.childCount; i++) walk(node.child(i));
};
walk(parser.parse(readFileSync(process.argv[2], 'utf8')).rootNode);
