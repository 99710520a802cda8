#pragma once
// The program's version: the build passes the text of the file VERSION.
#ifndef MYCEL_VERSION
#define MYCEL_VERSION "unknown"
#endif
