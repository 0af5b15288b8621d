import type { FullResult, Reporter, TestCase, TestResult } from '@playwright/test/reporter';

/** Prints a line of a table for each figure, and whatever went wrong. */
export default class Table implements Reporter {
  private readonly rows: string[] = [];

  onTestEnd(test: TestCase, result: TestResult): void {
    for (const { type, description } of result.annotations) if (type === 'figure') this.rows.push(description ?? '');
    for (const { message } of result.errors) console.error(`${test.title}: ${message}`);
  }

  onEnd(_: FullResult): void {
    console.log(['| what, with a quarter of a processor | median | of five | goal |  |', '| --- | --- | --- | --- | --- |', ...this.rows].join('\n'));
  }
}
