// The library finds its algorithms by decorators' metadata, which must be there before it.
import 'reflect-metadata';

export * from '@peculiar/x509';
