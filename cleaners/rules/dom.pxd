# Nothing here has a type: to compile the module as it is saves a sixth of its time, and types of its loops saved no more.
