import { builtIn, type ReplicationController, type StoredObject } from '@shiplog/contracts';
import { admitCreate } from '../create';
import { scaleOf } from '../scale';
import { admitUpdate } from '../update';
import { aController, admission, created, fieldsOf, rejectionOf, valueOf } from '../testing/builders';

const refused = (spec: Record<string, unknown>) =>
  fieldsOf(admitCreate(builtIn('replicationcontrollers'), aController(spec), admission()));

describe('a new replication controller', () => {
  it('takes selector and labels from its template, and wants one pod unless told', () => {
    const rc = created('replicationcontrollers', aController({ replicas: undefined, selector: undefined }));
    expect(rc.spec).toMatchObject({ replicas: 1, selector: { app: 'web' } });
    expect(rc.metadata.labels).toEqual({ app: 'web' });
    expect(rc.metadata.generation).toBe(1);
    expect(rc.status).toEqual({ replicas: 0 });
  });

  it('has a template with the defaults of a pod, but not what only admission of a pod adds', () => {
    const rc = created('replicationcontrollers', aController());
    expect(rc.spec?.template?.spec).toMatchObject({ restartPolicy: 'Always', dnsPolicy: 'ClusterFirst' });
    expect(rc.spec?.template?.spec).not.toHaveProperty('tolerations');
    expect(rc.spec?.template?.spec).not.toHaveProperty('serviceAccountName');
  });

  it('is refused when it could never find its own pods, or makes no sense', () => {
    const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'a', image: 'b' }] } };
    expect(refused({ selector: { app: 'other' } })).toEqual(['spec.template.metadata.labels']);
    expect(refused({ selector: undefined, template: { spec: template.spec } })).toEqual(['spec.selector']);
    expect(refused({ template: undefined })).toEqual(['spec.template']);
    expect(refused({ replicas: -1 })).toEqual(['spec.replicas']);
    expect(refused({ template: { ...template, spec: { ...template.spec, restartPolicy: 'Never' } } })).toEqual([
      'spec.template.spec.restartPolicy',
    ]);
    expect(refused({ template: { ...template, spec: { containers: [{ name: 'a' }] } } })).toEqual([
      'spec.template.spec.containers[0].image',
    ]);
  });
});

describe('a replication controller’s scale', () => {
  const rc = created(
    'replicationcontrollers',
    aController({
      selector: { tier: 'a', app: 'web' },
      template: { metadata: { labels: { app: 'web', tier: 'a' } }, spec: { containers: [{ name: 'a', image: 'b' }] } },
    }),
  );
  const [version] = builtIn('replicationcontrollers').versions;
  const rescaled = (replicas: number, metadata = {}) =>
    admitUpdate(
      builtIn('replicationcontrollers'),
      'scale',
      rc,
      { ...scaleOf(version, rc), metadata: { ...scaleOf(version, rc).metadata, ...metadata }, spec: { replicas } },
      admission(),
    );

  it('shows what is wanted, what is there and how it is found', () => {
    expect(scaleOf(version, { ...rc, status: { replicas: 1 } })).toMatchObject({
      apiVersion: 'autoscaling/v1',
      kind: 'Scale',
      metadata: { name: 'web', namespace: 'default', resourceVersion: '7' },
      spec: { replicas: 2 },
      status: { replicas: 1, selector: 'app=web,tier=a' },
    });
  });

  it('changes the number of replicas and nothing else', () => {
    const after = valueOf(rescaled(5)) as StoredObject & ReplicationController;
    expect(after).toEqual({ ...rc, metadata: { ...rc.metadata, generation: 2 }, spec: { ...rc.spec, replicas: 5 } });
    expect(valueOf(rescaled(2))).toBe(rc);
    expect((valueOf(rescaled(0)) as ReplicationController).spec?.replicas).toBe(0);
  });

  it('is refused below zero, and when it was read too long ago', () => {
    expect(rejectionOf(rescaled(-1)).message).toMatch(
      /^Scale.autoscaling "web" is invalid: spec.replicas: Invalid value: -1/,
    );
    expect(rejectionOf(rescaled(3, { resourceVersion: '6' })).code).toBe(409);
  });
});
