// A library without sources of its own still needs one.
