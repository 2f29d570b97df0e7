import { RESOURCES, type ResourceRow } from '@shiplog/contracts';
import { Rig } from '../../../services/api/src/testing/rig';
import { manifest as input } from '../../../services/api/src/testing/steps';
import { letGo } from './let-go';
import { findKubectls, IS_WHOLE, newestKubectl, type Kubectl } from './kubectls';
import { samples, type Sample } from './sample-kinds';

/** kubectl describes these by their beta version before it knows that they have another; that is not served. */
const DESCRIBED_SINCE: Readonly<Record<string, number>> = {
  'ipaddresses.networking.k8s.io': 33,
  'servicecidrs.networking.k8s.io': 33,
  'volumeattributesclasses.storage.k8s.io': 34,
};
/** What a client-side apply always patches, on Kubernetes too: a list or selector with defaults inside is replaced as a whole. */
const ALWAYS_CONFIGURED = new Set([
  'poddisruptionbudget.policy/sample',
  'validatingwebhookconfiguration.admissionregistration.k8s.io/sample',
  'validatingadmissionpolicy.admissionregistration.k8s.io/sample',
  'mutatingadmissionpolicy.admissionregistration.k8s.io/sample',
  'resourceclaimtemplate.resource.k8s.io/sample',
  'statefulset.apps/sample',
]);
/** Its manifest lacks the selector that it has been given, which nobody can change: on Kubernetes it can't be replaced either. */
const NOT_REPLACED = 'job.batch/sample';

const newest = newestKubectl();
const { present, missing } = findKubectls();
const SAMPLES = samples();
const ALL = listOf(SAMPLES);

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start();
});
afterAll(async () => {
  await rig?.stop();
});

it('every kind that is served has a manifest', () => {
  const seen = new Set(SAMPLES.map(({ row }) => row.id));
  const served = RESOURCES.filter((row: ResourceRow) => row.versions.some((version) => version.served));
  expect(served.filter(({ id }) => !seen.has(id))).toEqual([]);
});

if (missing.length > 0) process.stdout.write(`kubectl ${missing.join(', ')}: not on this machine, not driven\n`);

describe.each(present.map((client) => [client.version, client] as const))('kubectl %s', (_version, client) => {
  const isWhole = IS_WHOLE || client.version === newest.version;
  /** Steps of the whole life alone: the other clients take the shorter one, unless all are asked to take the whole. */
  const itOfWhole = (name: string, run: () => Promise<void>): void => {
    if (isWhole) it(name, run);
  };
  const kubectl = (args: string, on = ALL): Promise<string> => rig.kubectl(args, { binary: client.binary, ...on });
  afterAll(async () => {
    for (const { path } of SAMPLES) await rig.http('DELETE', path);
    for (const sample of SAMPLES) await letGo(rig, sample);
  });

  it('creates every kind', async () => {
    expect(linesOf(await kubectl('create -f -'))).toEqual(everyShown('created'));
  });

  it('gets every kind as it was written, and by its columns', async () => {
    const { items } = JSON.parse(await kubectl('get -f - -o json')) as { items: object[] };
    const wanted = SAMPLES.map(({ manifest }) => manifest);
    expect(items).toMatchObject(JSON.parse(JSON.stringify(wanted)) as object[]);
    for (const item of items) expect(item).toMatchObject({ metadata: { uid: expect.any(String) } });
    const tables = await kubectl('get -f - -o wide');
    const missed = SAMPLES.filter(({ shown, row }) => row.plural !== 'events' && !tables.includes(shown));
    expect(missed.map(({ shown }) => shown)).toEqual([]);
  });

  itOfWhole('describes every kind', async () => {
    const described = SAMPLES.filter(({ row }) => (DESCRIBED_SINCE[row.id] ?? 0) <= client.minor);
    const text = await kubectl('describe -f -', listOf(described));
    const names = [...text.matchAll(/^Name: +(\S+)$/gm)].map(([, name]) => name);
    expect(names).toEqual(described.map(({ manifest }) => manifest.metadata.name));
  });

  itOfWhole('explains every kind', async () => {
    expect(await explainsNot(client)).toEqual([]);
  });

  it('labels every kind, and finds each by its label', async () => {
    expect(linesOf(await kubectl('label -f - suite=yes'))).toEqual(everyShown('labeled'));
    const types = [...new Set(SAMPLES.map(({ type }) => type))].join(',');
    const found = new Set(linesOf(await kubectl(`get ${types} -l suite=yes -o name`)));
    expect(SAMPLES.filter(({ shown }) => !found.has(shown)).map(({ shown }) => shown)).toEqual([]);
  });

  itOfWhole('annotates and patches every kind in three ways', async () => {
    const json = JSON.stringify([{ op: 'add', path: '/metadata/annotations/json', value: 'yes' }]);
    const merge = JSON.stringify({ metadata: { annotations: { merge: 'yes' } } });
    expect(linesOf(await kubectl('annotate -f - noted=yes'))).toEqual(
      everyShown(client.minor < 28 ? 'annotate' : 'annotated'),
    );
    expect(linesOf(await kubectl(`patch -f - --type=json -p ${json}`))).toEqual(everyShown('patched'));
    expect(linesOf(await kubectl(`patch -f - --type=merge -p ${merge}`))).toEqual(everyShown('patched'));
    const strategic = merge.replaceAll('merge', 'strategic');
    expect(linesOf(await kubectl(`patch -f - -p ${strategic}`))).toEqual(everyShown('patched'));
    const { items } = JSON.parse(await kubectl('get -f - -o json')) as { items: object[] };
    const annotations = { noted: 'yes', json: 'yes', merge: 'yes', strategic: 'yes' };
    for (const item of items) expect(item).toMatchObject({ metadata: { annotations } });
  });

  it('applies every kind', async () => {
    expect(linesOf(await kubectl('apply -f -'))).toEqual(everyShown('configured'));
  });

  itOfWhole('sees that nothing differs from what it applied', async () => {
    const unchanged = linesOf(await kubectl('apply -f -')).filter((line) => line.endsWith(' unchanged'));
    const others = SAMPLES.filter(({ shown }) => !ALWAYS_CONFIGURED.has(shown));
    expect(unchanged).toEqual(others.map(({ shown }) => `${shown} unchanged`));
    expect(await kubectl('diff -f -')).toBe('');
  });

  itOfWhole('replaces every kind', async () => {
    const replaced = SAMPLES.filter(({ shown }) => shown !== NOT_REPLACED);
    const lines = linesOf(await kubectl('replace -f -', listOf(replaced)));
    expect(lines).toEqual(replaced.map(({ shown }) => `${shown} replaced`));
  });

  it('deletes every kind', async () => {
    const lines = linesOf(await kubectl('delete --wait=false -f -'));
    expect(lines.filter((line) => / deleted( from \S+ namespace)?$/.test(line))).toHaveLength(SAMPLES.length);
    for (const sample of SAMPLES) await letGo(rig, sample);
  });
});

/** Which of the kinds the client can't explain, and what it said. */
async function explainsNot({ binary }: Kubectl): Promise<string[]> {
  const waiting = [...SAMPLES];
  const wrong: string[] = [];
  const explainNext = async (): Promise<void> => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const { manifest, row } = next;
      const text = await rig
        .kubectl(`explain ${row.plural} --api-version=${manifest.apiVersion}`, { binary })
        .catch(String);
      if (!new RegExp(`^KIND: +${row.kind}$`, 'm').test(text)) wrong.push(`${row.id}: ${text}`);
    }
  };
  await Promise.all([explainNext(), explainNext(), explainNext()]);
  return wrong;
}

function listOf(of: readonly Sample[]): { input: string } {
  return input({ apiVersion: 'v1', kind: 'List', items: of.map(({ manifest }) => manifest) });
}

function everyShown(state: string): string[] {
  return SAMPLES.map(({ shown }) => `${shown} ${state}`);
}

/** What was printed, without warnings. */
function linesOf(text: string): string[] {
  return text
    .trim()
    .split('\n')
    .filter((line) => !/^Warning: /.test(line));
}
