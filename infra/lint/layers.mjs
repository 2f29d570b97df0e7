// Keeps the arrows between a service's folders downward. ESLint's own no-restricted-imports knows an import by its text
// only, and a second use of it for a file replaces the first; here an import is resolved, and its layer looked up.
import { dirname, relative, resolve } from 'node:path';

/**
 * A plugin with one rule, `downward`. Its options: the root of a service's source, and its layers from the top down, each
 * a list of folders and files. A layer may import the layers below it; its members don't know one another.
 */
export const layers = { rules: { downward: { meta: { type: 'problem', schema: false }, create } } };

function create(context) {
  const { root, layers: rows } = context.options[0];
  const source = resolve(context.cwd, root);
  const memberOf = (path) => {
    const inside = relative(source, path);
    const owns = (member) =>
      inside === member || inside === member.replace(/\.ts$/, '') || inside.startsWith(`${member}/`);
    // The longest name wins: a folder within a folder may be a layer of its own.
    return rows
      .flat()
      .filter(owns)
      .sort((a, b) => b.length - a.length)[0];
  };
  const rowOf = (member) => rows.findIndex((row) => row.includes(member));
  const from = memberOf(context.filename);
  if (from === undefined) return {};
  const check = (node) => {
    const specifier = node.source?.value;
    if (typeof specifier !== 'string' || !specifier.startsWith('.')) return;
    const to = memberOf(resolve(dirname(context.filename), specifier));
    if (to === from || (to !== undefined && rowOf(to) > rowOf(from))) return;
    const below = rows.slice(rowOf(from) + 1).flat();
    const message = `${from} imports ${to ?? 'what is in no layer'}: it may import ${below.join(', ') || 'no other layer'}.`;
    context.report({ node, message });
  };
  return {
    ImportDeclaration: check,
    ExportNamedDeclaration: check,
    ExportAllDeclaration: check,
    ImportExpression: check,
  };
}
