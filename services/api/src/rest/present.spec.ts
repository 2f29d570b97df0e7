import { Catalog } from '@shiplog/apimachinery';
import { servedApi } from '@shiplog/representation';
import { presentationOf } from './present';
import type { ResourceRequest } from './request';
import type { Verb } from './request-info';

const api = servedApi(Catalog.builtIn);
const ROLES = ['rbac.authorization.k8s.io', 'v1', 'roles'] as const;

function asked(verb: Verb, as: string, [group, version, plural] = ['', 'v1', 'pods'] as readonly string[]) {
  const resource = api.resource(group ?? '', version ?? '', plural ?? '');
  const target = { area: 'resource', resource, namespace: 'a', watchPath: false };
  const accept = `application/json;as=${as};g=meta.k8s.io;v=v1`;
  return presentationOf({ verb, target, query: {}, accept } as unknown as ResourceRequest, 0);
}

describe('presentationOf', () => {
  it.each<[Verb, string]>([
    ['list', 'PartialObjectMetadataList'],
    ['list', 'Table'],
    ['get', 'PartialObjectMetadata'],
    ['create', 'PartialObjectMetadata'],
    ['get', 'Table'],
  ])('shows what is asked of a %s as %s', (verb, as) => {
    expect(asked(verb, as).negotiated.view).toBeDefined();
  });

  it.each<[Verb, string, readonly string[] | undefined, string]>([
    ['list', 'PartialObjectMetadata', undefined, 'the requested object is a list (*core.PodList)'],
    ['get', 'PartialObjectMetadataList', undefined, 'the requested object is not a list (*core.Pod)'],
    ['create', 'PartialObjectMetadataList', ROLES, 'the requested object is not a list (*rbac.Role)'],
  ])('refuses, before anything is done, a %s as %s', (verb, as, of, problem) => {
    expect(() => asked(verb, as, of)).toThrow(`you requested ${as}, but ${problem}`);
  });
});
