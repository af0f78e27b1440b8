echo 1 > 'with space'; echo 2 > -dash; echo 4 > 'quote"s'; echo 5 > 'back\slash'; echo 6 > 'ünï'; echo 7 > '$dollar'
mkdir -p 'a b/c d'; echo 8 > 'a b/c d/e f'
