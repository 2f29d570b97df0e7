import type { ObjectOf, PodTemplateSpec } from '@shiplog/contracts';
import { bare, controlledBy } from '../../testing/objects';
import { HASH_LABEL, historyOf, REVISION_LABEL, surplusDeletions, type Revision, type Versioned } from './history';
import { hashOfPatch, revisionName } from './naming';
import { isSamePatch, patchOfTemplate, templateOfPatch } from './template-patch';

const template = (image: string, more: object = {}): PodTemplateSpec => ({
  metadata: { labels: { app: 'web' } },
  spec: { restartPolicy: 'Always', containers: [{ name: 'main', image, ...more }] },
});
const owner = bare('statefulsets.apps', 'web');
const versioned = (given: Partial<Versioned> = {}): Versioned => ({
  reference: controlledBy(owner),
  namespace: 'default',
  annotations: { 'kubernetes.io/change-cause': 'first' },
  template: template('a'),
  collisions: 0,
  hashLabel: HASH_LABEL,
  ...given,
});
const revision = (name: string, number: number, image: string): Revision =>
  bare('controllerrevisions.apps', name, {}, { revision: number, data: patchOfTemplate(template(image)) });
const nobody = () => undefined;
const created = (commands: ReturnType<typeof historyOf>['commands']) =>
  commands.map(({ data }) => (data as unknown as { object: ObjectOf<'controllerrevisions.apps'> }).object);

describe('what a revision holds', () => {
  it('is, byte by byte, what kubectl writes of the template: fields by name, and those that Go always writes', () => {
    const resourceFieldRef = { resource: 'limits.cpu' };
    const patch = patchOfTemplate(template('a', { env: [{ name: 'CPU', valueFrom: { resourceFieldRef } }] }));
    expect(JSON.stringify(patch)).toBe(
      '{"spec":{"template":{"$patch":"replace","metadata":{"creationTimestamp":null,"labels":{"app":"web"}},' +
        '"spec":{"containers":[{"env":[{"name":"CPU","valueFrom":{"resourceFieldRef":{"divisor":"0","resource":"limits.cpu"}}}],' +
        '"image":"a","name":"main","resources":{}}],"restartPolicy":"Always"}}}}',
    );
  });

  it('keeps what is said of resources, also in the claims of ephemeral volumes', () => {
    const spec = { resources: { requests: { storage: '1Gi' } } };
    const given = template('a', { resources: { limits: { cpu: '1' } } });
    const volumes = [{ name: 'scratch', ephemeral: { volumeClaimTemplate: { spec } } }];
    const patch = patchOfTemplate({ ...given, spec: { ...given.spec!, volumes } });
    const written = (patch.spec as { template: PodTemplateSpec }).template.spec!;
    expect(written.containers[0]?.resources).toEqual({ limits: { cpu: '1' } });
    expect(written.volumes?.[0]?.ephemeral?.volumeClaimTemplate).toEqual({
      metadata: { creationTimestamp: null },
      spec,
    });
  });

  it('is the same for somebody who wrote it otherwise', () => {
    const patch = patchOfTemplate(template('a'));
    expect(isSamePatch({ spec: { template: { ...template('a'), $patch: 'replace' } } }, patch)).toBe(true);
    expect([undefined, {}, patchOfTemplate(template('b'))].map((other) => isSamePatch(other, patch))).not.toContain(
      true,
    );
  });

  it('gives the template back, and none where somebody put something else there', () => {
    expect(templateOfPatch(patchOfTemplate(template('a')))).toMatchObject(template('a'));
    for (const data of [undefined, {}, { spec: 3 }, { spec: { template: [] } }, { spec: { template: {} } }]) {
      expect(templateOfPatch(data as never)).toBeUndefined();
    }
  });
});

describe('the history of a controller', () => {
  it('begins with a revision of its template, named by its hash, with its labels, annotations and owner', () => {
    const { present, past, collisions, commands } = historyOf(versioned(), [], nobody);
    expect([present, past, collisions]).toEqual([undefined, [], 0]);
    const hash = hashOfPatch(patchOfTemplate(template('a')), 0);
    expect(created(commands)).toEqual([
      {
        apiVersion: 'apps/v1',
        kind: 'ControllerRevision',
        metadata: {
          name: `web-${hash}`,
          namespace: 'default',
          labels: { app: 'web', [HASH_LABEL]: hash },
          annotations: { 'kubernetes.io/change-cause': 'first' },
          ownerReferences: [controlledBy(owner)],
        },
        data: patchOfTemplate(template('a')),
        revision: 1,
      },
    ]);
    expect(hash).toMatch(/^[bcdfghjklmnpqrstvwxz2456789]+$/);
  });

  it('numbers a new template after the highest, also of a DaemonSet', () => {
    const given = versioned({ template: template('c'), hashLabel: REVISION_LABEL });
    const { commands } = historyOf(given, [revision('two', 7, 'b'), revision('one', 3, 'a')], nobody);
    expect(created(commands)[0]).toMatchObject({
      revision: 8,
      metadata: { labels: { [REVISION_LABEL]: expect.any(String) } },
    });
  });

  it('has nothing to do while the last revision is that of the template', () => {
    const last = revision('two', 2, 'a');
    expect(historyOf(versioned(), [last, revision('one', 1, 'b')], nobody)).toMatchObject({
      present: last,
      commands: [],
    });
  });

  it('gives the highest number to a revision whose template comes back', () => {
    const first = revision('one', 1, 'a');
    const { present, past, commands } = historyOf(versioned(), [first, revision('two', 2, 'b')], nobody);
    expect([present, past.map(({ metadata }) => metadata.name)]).toEqual([first, ['two']]);
    expect(commands).toMatchObject([{ type: 'PatchObject', data: { name: 'one', patch: { revision: 3 } } }]);
  });

  it('knows others that hold the same template', () => {
    const revisions = [revision('copy', 2, 'a'), revision('one', 1, 'a')];
    const { present, duplicates } = historyOf(versioned(), revisions, nobody);
    expect([present?.metadata.name, duplicates.map(({ metadata }) => metadata.name)]).toEqual(['copy', ['one']]);
  });

  it('counts a collision where another template has the name, and takes a name made with the count', () => {
    const patch = patchOfTemplate(template('a'));
    const [first, second] = [0, 1].map((count) => revisionName('web', hashOfPatch(patch, count)));
    const named = (name: string) => (name === first ? revision(name, 1, 'other') : undefined);
    const { collisions, commands } = historyOf(versioned(), [], named);
    expect([collisions, created(commands)[0]?.metadata.name]).toEqual([1, second]);
    expect(first).not.toBe(second);
  });

  it('takes one of its name that holds its template, also one that was made for an owner before', () => {
    const taken = revision('web-x', 1, 'a');
    expect(historyOf(versioned(), [], () => taken)).toMatchObject({ present: taken, commands: [] });
  });

  it('leaves room for the hash in the name', () => {
    expect(revisionName('w'.repeat(253), 'h'.repeat(10))).toHaveLength(234);
  });
});

describe('former revisions', () => {
  const past = [1, 2, 3, 4].map((number) => revision(`r${number}`, number, `${number}`));
  const isLive = ({ revision }: Revision) => revision === 2;
  const deleted = (limit: number, countsLive: boolean) =>
    surplusDeletions(past, { limit, isLive, countsLive }).map(({ data }) => (data as { name: string }).name);

  it('go beyond the limit, the oldest first, and none of which there are pods', () => {
    expect([deleted(2, false), deleted(2, true)]).toEqual([['r1'], ['r1', 'r3']]);
    expect(deleted(0, false)).toEqual(['r1', 'r3', 'r4']);
  });

  it('all stay with enough room, or without a limit', () => {
    expect([deleted(4, true), deleted(3, false), deleted(-1, true)]).toEqual([[], [], []]);
  });
});
