"""For tests, ours and other people's: fakes of every port, a stand-in service, the suite that providers pass."""
