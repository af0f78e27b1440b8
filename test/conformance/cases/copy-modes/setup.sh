for mode in 400 644 755 777; do echo $mode > mode-$mode; chmod $mode mode-$mode; done
echo s > setuid; chmod 4755 setuid; echo g > setgid; chmod 2755 setgid
mkdir dir sticky private; chmod 1777 sticky; chmod 700 private; echo x > private/x; echo y > dir/y; chmod 750 dir
mkdir empty
chown 123:456 mode-644 dir
