import type { Connection } from '@/api/catalog';

/** A client's text that needs no variable: the token stands where `$WEFT_TOKEN` is asked for. */
export function withToken(
  { language, text }: Pick<Connection, 'language' | 'text'>,
  token: string,
) {
  if (language === 'python') {
    return text.replaceAll(
      /os\.environ\[(['"])WEFT_TOKEN\1\]/g,
      (_, quote) => quote + token + quote,
    );
  }
  if (language === 'shell') return `${exported(token)}\n${text}`;
  return text.replaceAll('$WEFT_TOKEN', token);
}

/** For a shell. Tokens are of letters, digits, dots and dashes, which no shell takes for anything else. */
export function exported(token: string): string {
  return `export WEFT_TOKEN=${token}`;
}
