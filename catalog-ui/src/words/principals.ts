/** `dana` of `user:dana`, `the rule …` of a rule that decided; any other text as it is. */
export function plainName(subject: string): string {
  return /^(user|service|group|role):[^\s]+$/.test(subject)
    ? subject.slice(subject.indexOf(':') + 1)
    : subject;
}
