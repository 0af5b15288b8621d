import type { Connection } from '@/api/catalog';

/**
 * A client's text with `sql` in the place of the sample statement of the server, written so that the text still works.
 * A text without a statement in it, such as a JDBC URL, is followed by the statement.
 */
export function withStatement(connection: Connection, sql: string): string {
  const statement = sql.trim().replace(/;\s*$/, '');
  const { text, language } = connection;
  const sample = /"((?:SELECT|select) [^"\n]*)"/.exec(text);
  if (sample === null) return `${text.trimEnd()}\n\n${statement};\n`;
  const [quoted] = sample;
  const at = sample.index;
  const before = text.slice(0, at);
  const after = text.slice(at + quoted.length);
  if (language === 'python') return `${before}${pythonText(statement)}${after}`;
  // JSON inside a shell's single quotes, or an argument of a command.
  if (/'\{[^']*$/.test(before)) {
    return `${before}${JSON.stringify(statement).replaceAll("'", `'\\''`)}${after}`;
  }
  return `${before}'${statement.replaceAll("'", `'\\''`)}'${after}`;
}

function pythonText(statement: string): string {
  if (!/[\n"\\]/.test(statement)) return `"${statement}"`;
  const safe = statement.replaceAll('\\', '\\\\').replaceAll('"""', '\\"\\"\\"');
  return `"""${safe.endsWith('"') ? `${safe} ` : safe}"""`;
}
