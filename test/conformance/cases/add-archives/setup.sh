mkdir -p t/sub; echo x > t/x; echo y > t/sub/y; ln -s x t/link; chmod 4755 t/x; chmod 700 t/sub; ln t/x t/hard
tar --owner=33 --group=44 --numeric-owner -C t -cf plain.tar .
gzip -nc plain.tar > gz.tar.gz; bzip2 -c plain.tar > bz2.tar.bz2; xz -c plain.tar > xz.tar.xz; cp gz.tar.gz misnamed.txt
echo text > looks.tar.gz; gzip -nc t/x > a.gz; rm -r t
