import { accountProblem, runAsAccount } from '../pods/account';
import { admitsNewPods } from './of-pods';

export const serviceAccount = admitsNewPods('ServiceAccount', (pod, spec, ctx) => {
  runAsAccount(pod, spec, ctx);
  return accountProblem(pod, spec, ctx);
});
