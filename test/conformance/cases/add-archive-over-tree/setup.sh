mkdir -p t/sub; echo new > t/x; echo y > t/sub/y
tar --owner=0 --group=0 -C t -cf plain.tar . ; rm -r t
