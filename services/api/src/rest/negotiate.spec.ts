import { StatusError } from '@shiplog/contracts';
import { negotiate } from './negotiate';

describe('negotiate', () => {
  it.each([
    [undefined, 'object'],
    ['*/*', 'object'],
    ['application/json', 'object'],
    ['application/vnd.kubernetes.protobuf,application/json', 'object'],
    [
      'application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json',
      'table',
    ],
    ['application/json;as=Table;g=meta.k8s.io;v=v7,application/json', 'object'],
    ['application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1', 'metadata'],
    ['application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json', 'metadataList'],
    ['application/json;q=0.1, application/json;as=Table;g=meta.k8s.io;v=v1;q=0.9', 'table'],
  ])('answers %s with the %s view', (accept, view) => {
    expect(negotiate(accept)).toEqual({ view, yaml: false });
  });

  it.each(['constructor', 'toString', '__proto__', 'valueOf'])('knows no view called %s', (as) => {
    expect(() => negotiate(`application/json;as=${as};v=v1;g=meta.k8s.io`)).toThrow(/only the following media types/);
  });

  it('writes YAML for who wants nothing else', () => {
    expect(negotiate('application/yaml')).toEqual({ view: 'object', yaml: true });
  });

  it('refuses what it can not write, with what it could', () => {
    expect(() => negotiate('application/vnd.kubernetes.protobuf')).toThrow(StatusError);
    expect(() => negotiate('text/html')).toThrow(/only the following media types are accepted: application\/json/);
  });
});
