import { type Problems, qualifiedName } from '@shiplog/apimachinery';
import { validateEach } from './lists';

const MOST_CONDITIONS = 4;

interface Conditions {
  readonly bindingConditions?: readonly string[];
  readonly bindingFailureConditions?: readonly string[];
}

/** What must be so before a pod is bound to a device, and what says that it never will be: names, each once. */
export function validateBindingConditions(given: Conditions, at: string, problems: Problems): void {
  const { bindingConditions: wanted = [], bindingFailureConditions: failures = [] } = given;
  for (const [field, names] of Object.entries({ bindingConditions: wanted, bindingFailureConditions: failures })) {
    const name = (text: string, here: string): void => problems.breaches(here, text, qualifiedName);
    if (!validateEach(names, MOST_CONDITIONS, `${at}.${field}`, problems, name)) return;
    names.forEach((text, i) => {
      if (names.indexOf(text) < i) problems.duplicate(`${at}.${field}[${i}]`, text);
    });
  }
  failures.forEach((text, i) => {
    if (!wanted.includes(text)) return;
    const rule = 'bindingFailureConditions must not overlap with bindingConditions';
    problems.invalid(`${at}.bindingFailureConditions[${i}]`, text, rule);
  });
  if (wanted.length === 0 && failures.length > 0) {
    const rule = 'bindingConditions are required to use bindingFailureConditions';
    problems.invalid(`${at}.bindingConditions`, wanted, rule);
  }
  if (failures.length === 0 && wanted.length > 0) {
    const rule = 'bindingFailureConditions are required to use bindingConditions';
    problems.invalid(`${at}.bindingFailureConditions`, failures, rule);
  }
}
