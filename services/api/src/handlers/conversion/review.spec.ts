import type { KubeObject } from '@shiplog/contracts';
import { convertedBy, reviewVersion, type ConversionReview } from './review';

const metadata = { name: 'a', namespace: 'n', uid: 'u', labels: { l: 'old' } };
const object = { apiVersion: 'x.example.com/v1', kind: 'X', metadata, spec: { a: 1 } } as KubeObject;
const review: ConversionReview = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'ConversionReview',
  request: { uid: 'r', desiredAPIVersion: 'x.example.com/v2', objects: [object] },
};
const converted = { ...object, apiVersion: 'x.example.com/v2', spec: { b: 1 } };
const answer = (response: unknown) => ({ apiVersion: review.apiVersion, kind: review.kind, response });
const success = { uid: 'r', result: { status: 'Success' } };
const ABOUT = 'conversion webhook for x.example.com/v1, Kind=X';

describe('the answer of a conversion webhook', () => {
  it('is the converted objects, whose metadata is theirs but for labels and annotations', () => {
    const meddled = {
      ...converted,
      metadata: { ...metadata, labels: { l: 'new' }, finalizers: ['mine'], generation: 9 },
    };
    expect(convertedBy(answer({ ...success, convertedObjects: [meddled] }), review)).toEqual([
      { ...converted, metadata: { ...metadata, labels: { l: 'new' } } },
    ]);
  });

  it.each<[string, unknown, string]>([
    ['nothing', undefined, `${ABOUT} failed: expected webhook response of apiextensions.k8s.io/v1, Kind=ConversionReview`],
    ['no response', answer(undefined), `${ABOUT} failed: no response provided`],
    ['another', answer({ ...success, uid: 'x' }), `${ABOUT} failed: expected response.uid="r", got "x"`],
    ['a failure', answer({ uid: 'r', result: { status: 'Failure', message: 'broken' } }), `${ABOUT} failed: broken`],
    ['a failure without words', answer({ uid: 'r', result: {} }), `${ABOUT} failed: response.result.status was not Success`],
    ['too few', answer({ ...success, convertedObjects: [] }), `${ABOUT} returned 0 objects, expected 1`],
    ['another version', answer({ ...success, convertedObjects: [object] }), `${ABOUT} returned invalid converted object at index 0: invalid groupVersion (expected x.example.com/v2, received x.example.com/v1)`],
    ['another kind', answer({ ...success, convertedObjects: [{ ...converted, kind: 'Y' }] }), `${ABOUT} returned invalid converted object at index 0: invalid kind (expected X, received Y)`],
    ['another name', answer({ ...success, convertedObjects: [{ ...converted, metadata: { ...metadata, name: 'b' } }] }), `${ABOUT} returned invalid converted object at index 0: must have the same name`],
  ])('that is %s is none', (_what, given, message) => {
    expect(() => convertedBy(given, review)).toThrow(new Error(message));
  }); // prettier-ignore

  it('is asked for in a version that both know', () => {
    expect(reviewVersion(['v2', 'v1beta1', 'v1'])).toBe('v1beta1');
    expect(reviewVersion([])).toBe('v1');
  });
});
