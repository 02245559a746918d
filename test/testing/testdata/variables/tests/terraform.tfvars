from_tests     = "tests"
from_cli       = "tests"
from_test_file = "tests"
from_run       = "tests"
