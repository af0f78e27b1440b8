chmod 700 tree/program
