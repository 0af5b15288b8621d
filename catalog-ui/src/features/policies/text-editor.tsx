export interface TextEditorProps {
  label: string;
  text: string;
  onChange: (text: string) => void;
}

/** A text of rules or of a manifest, with the numbers of its lines, for rules are named by them. */
export function TextEditor({ label, text, onChange }: TextEditorProps) {
  const lines = text.split('\n').length;
  return (
    <div className="flex max-h-128 min-h-64 overflow-auto rounded-md border border-line-strong bg-surface font-mono text-sm leading-5 focus-within:outline-2 focus-within:outline-offset-2 focus-within:outline-focus">
      <div
        aria-hidden
        className="shrink-0 bg-sunken px-2 py-2 text-right whitespace-pre text-ink-faint select-none"
      >
        {Array.from({ length: lines }, (_, line) => line + 1).join('\n')}
      </div>
      <textarea
        aria-label={label}
        className="min-w-0 flex-1 resize-none overflow-y-hidden bg-transparent px-2 py-2 text-code-ink outline-none"
        wrap="off"
        rows={lines}
        spellCheck={false}
        autoCapitalize="off"
        autoCorrect="off"
        value={text}
        onChange={(event) => onChange(event.target.value)}
      />
    </div>
  );
}
