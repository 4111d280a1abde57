package usda

// ImportWith imports with so many bytes of memory.
var ImportWith = importWith
