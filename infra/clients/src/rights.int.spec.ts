import { Rig } from '../../../services/api/src/testing/rig';
import { KubectlSession } from './kubectl-session';
import { findKubectls } from './kubectls';
import { csr } from './sample-request';

/** `auth whoami` is new in 1.27. */
const clients = findKubectls().present.filter(({ minor }) => minor >= 27);

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start();
});
afterAll(() => rig?.stop());

describe.each(clients.map((client) => [client.version, client] as const))('kubectl %s', (_, client) => {
  const my = new KubectlSession(() => rig, client, `rights-${client.minor}`);
  const { namespace } = my;
  const reader = (...verbs: string[]) => ({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    metadata: { name: 'reader', namespace },
    rules: [{ verbs, apiGroups: [''], resources: ['pods'] }],
  });
  const robot = `system:serviceaccount:${namespace}:robot`;

  it('tells who one is, and what one and others may', async () => {
    await my.steps([
      [`create namespace ${namespace}`, `namespace/${namespace} created`],
      ['create serviceaccount robot', 'serviceaccount/robot created'],
      ['auth whoami', /Username +admin\n(UID .*\n)?Groups +\[?system:masters/],
      [`auth whoami --as=${robot}`, new RegExp(`Username +${robot}\\n`)],
      ['auth can-i delete nodes', /^(Warning: .*\n)?yes/],
    ]);
    await my.refuses(`auth can-i list pods --as=${robot}`, /exit 1: no/);
    await my.refuses(
      `get pods --as=${robot}`,
      new RegExp(`User "${robot}" cannot list resource "pods" in API group ""`),
    );
  });

  it('gives rights, and adds to them what is missing', async () => {
    await my.steps([
      ['auth reconcile -f -', /reader reconciled\n\treconciliation required create\n/, reader('get')],
      [`create rolebinding robot --role=reader --serviceaccount=${namespace}:robot`, / created/],
      ['auth reconcile -f -', /\treconciliation required update\n\tmissing rules added:/, reader('list')],
      [`auth can-i list pods --as=${robot}`, 'yes'],
      [`auth can-i --list --as=${robot}`, /pods +\[\] +\[\] +\[get list\]|pods +\[\] +\[\] +\[list\]/],
      [`get pods --as=${robot}`, /No resources found/],
    ]);
    await my.refuses(`auth can-i list secrets --as=${robot}`, /exit 1: no/);
  });

  it('makes tokens, by which a service account does what it may', async () => {
    const token = (await my.run('create token robot --duration=20m')).trim();
    expect(token).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
    expect(await my.run(`auth whoami --token=${token}`)).toMatch(new RegExp(`Username +${robot}\\n`));
    expect(await my.run(`get pods --token=${token}`)).toContain('No resources found');
    await my.refuses(`get secrets --token=${token}`, /secrets is forbidden/);
    await my.run('delete serviceaccount robot');
    await my.refuses(`get pods --token=${token}`, /You must be logged in|Unauthorized/);
  });

  it('decides on requests for certificates', async () => {
    const name = (word: string): string => my.named(word);
    await my.steps([
      ['create -f -', / created/, csr(name('good'))],
      ['create -f -', / created/, csr(name('bad'))],
      [`certificate approve ${name('good')}`, / approved/],
      [`certificate deny ${name('bad')}`, / denied/],
      [`get csr ${name('good')}`, /Approved/],
      [`get csr ${name('bad')}`, /Denied/],
    ]);
  });
});
