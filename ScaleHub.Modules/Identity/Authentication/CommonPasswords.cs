using System.Collections.Frozen;

namespace ScaleHub.Modules.Identity.Authentication;

/// <summary>
/// Passwords of 8 characters and more that are guessed first: what lists of leaked passwords begin with, in lower case. A small
/// list stops who tries a few passwords on many accounts; who tries many on one account meets the rate limit.
/// </summary>
internal static class CommonPasswords
{
    private const string List = """
        !@#$%^&* !qaz2wsx 01234567 0123456789 0987654321 10101010 11111112 11112222 11221122 11223344 1122334455 112233445566
        12121212 12312312 123123123 1231231234 123321123 1234!@#$ 12341234 123412345 12344321 123454321 1234554321 12345678
        123456789 1234567890 12345678910 123456789a 123456789q 12345678a 12345678q 1234567a 123456abc 12345abc 12345qwert
        1234abcd 1234asdf 1234qwer 123654789 123abc123 123qweasd 123qweasdzxc 13131313 14141414 147258369 159357456 159753456
        19191919 1a2b3c4d 1q2w3e4r 1q2w3e4r5t 1q2w3e4r5t6y 1qaz2wsx 1qaz2wsx3edc 1qazxsw2 20202020 2wsx3edc 69696969 741852963
        76543210 77889900 789456123 789456123a 87654321 963852741 987654321 9876543210 a1234567 a12345678 a123456789 a1b2c3d4
        a1b2c3d4e5 a1s2d3f4 aa123456 aa12345678 aaa111aaa aabbccdd abc123!@# abc12345 abc123456 abc123abc abcabcabc abcd1234
        abcd12345 abcde123 abcdefg1 access123 access14 admin123 admin1234 admin12345 admin@123 adminadmin administrator
        administrator1 alexander alexander1 alexandra amanda123 america1 american andrea123 andrew123 android1 angel123
        angels123 anthony1 anything arsenal1 arsenal123 asd123asd asdasdasd asdf1234 asdf12345 asdfasdf asdfghjk asdfghjkl
        asdfqwer ashley12 ashley123 asshole1 autumn2024 autumn2025 autumn2026 azerty123 azertyui azertyuiop babyboy1 babygirl
        babygirl1 backup123 barcelona barcelona1 baseball baseball1 basketball batman12 batman123 bayern123 beatles1 benjamin
        benjamin1 bitch123 black123 blessed1 blessing blink182 blue1234 blueberry bond0007 brandon1 brazil123 brittany
        bulldogs bullshit business buster123 butterfly butterfly1 california camaro123 canada123 changeit changeme changeme1
        changeme123 changethis charlie1 charlie123 charlotte chelsea1 chelsea123 cherries chocolate chocolate1 christian
        christian1 christina christine christopher cocacola company1 company123 computer computer1 computer123 cookie123
        cookies1 corvette counterstrike cowboys1 cupcakes customer daniel12 daniel123 danielle darling1 database david123
        deadpool1 december default1 default123 destiny1 diamond1 diamonds dolphin1 dolphins dortmund dragon12 dragon123
        dragonball dragons1 eagle123 eagles123 elizabeth elizabeth1 eminem123 employee england1 facebook facebook1 facebook123
        falcon123 february fenerbahce ferrari1 finance1 florida1 flower123 flowers1 football football1 football123 fortnite
        fortnite1 freedom1 freedom123 friday13 fuckoff1 fuckyou1 fuckyou123 fuckyou2 gabriel1 gabriela galatasaray gandalf1
        george123 germany1 germany123 ginger123 gmail123 godbless golden123 goodluck google123 green123 greenday1 guest123
        guestguest guitar123 halo1234 harley123 harry123 harrypotter heaven123 hello123 hello1234 hellohello hellokitty
        helloworld hockey123 hogwarts honda123 honey123 hotmail1 hunter12 hunter123 ilovegod ilovejesus iloveme1 iloveu123
        iloveyou iloveyou! iloveyou1 iloveyou2 instagram internet internet1 internet123 iphone123 ireland1 ironman1 isabella
        jackson1 jamesbond jamesbond007 january1 jasmine1 jennifer jennifer1 jessica1 jessica123 jesus123 jesus777 jesuschrist
        jonathan jonathan1 jordan123 jordan23 joseph123 joshua123 justin123 juventus1 katherine keyboard killer12 killer123
        kimberly lakers24 lauren123 letmein1 letmein12 letmein123 letmeinnow linkedin linkinpark liverpool liverpool1
        lkjhgfdsa login123 lol12345 lollipop london123 lovelove lovely123 lover123 loveyou1 loveyou123 madison1 manager1
        manager123 manchester manunited master12 master123 masterkey matrix123 matthew1 matthew123 maverick maverick1 melissa1
        mercedes mercedes1 metallica metallica1 michael1 michael123 michelle michelle1 microsoft midnight midnight1 minecraft
        minecraft1 mnbvcxz1 monday123 monkey12 monkey123 monkeys1 morgan123 mustang1 mustang123 mylove123 mypassword
        mypassword1 myspace1 natalie1 newpassword newyork1 nicholas nicholas1 nicole123 nintendo nirvana1 nopassword nothing1
        november october1 office123 olivia123 opensesame orange123 p@$$w0rd p@ssw0rd p@ssw0rd! p@ssw0rd1 p@ssword pa$$w0rd
        pa$$word pa55word packers1 panther1 panthers pass1234 pass12345 pass123456 passpass passport passw0rd passw0rd!
        passw0rd1 passwd123 password password! password01 password1 password1! password12 password123 password1234 password2
        passwords passwort patricia patrick1 patriots pepper123 pepsi123 phoenix1 pikachu1 platinum playstation poiuytrewq
        pokemon1 pokemon123 porsche911 prince123 princess princess1 princess123 purple123 q1234567 q1w2e3r4 q1w2e3r4t5
        q1w2e3r4t5y6 qaz123wsx qazwsx123 qazwsxedc qazwsxedcrfv qwe12345 qwe123qwe qweasd123 qweasdzxc qweqweqwe qwer1234
        qwerasdf qwerasdfzxcv qwert123 qwert1234 qwert12345 qwerty!@# qwerty01 qwerty1! qwerty12 qwerty123 qwerty1234
        qwerty12345 qwerty123456 qwerty99 qwertyqwerty qwertyui qwertyuio qwertyuiop qwertz123 qwertzui qwertzuiop rainbow1
        ranger123 realmadrid rebecca1 redskins richard1 robert123 roblox123 rocknroll rockstar rockstar1 root1234 rootroot
        sales123 samantha samantha1 samsung1 samsung123 saturday scooter1 scotland sebastian secret12 secret123 secret1234
        secretpassword security security1 security123 september server123 service1 shadow12 shadow123 signin123 silver123
        skywalker slipknot slipknot1 snickers soccer12 soccer123 softball something sophie123 spencer1 spiderman spiderman1
        spring123 spring2024 spring2025 spring2026 starcraft startrek startup1 starwars starwars1 steelers steelers1 stephanie
        steven123 strawberry summer123 summer2020 summer2021 summer2022 summer2023 summer2024 summer2025 summer2026 sunshine
        sunshine1 sunshine123 superadmin superman superman1 superman123 superstar superstar1 superuser support1 support123
        sweetheart sweetie1 temp1234 temporary temppass terminator test1234 test12345 tester123 testing1 testing123 testtest
        testuser texas123 thepassword thomas123 tiger123 tigger123 tinkerbell toor1234 topsecret toyota123 training trinity1
        truelove trustno1 twitter1 unicorn1 user1234 username useruser vanessa1 veronica victoria victoria1 vincent1
        volleyball warcraft welcome! welcome01 welcome1 welcome1! welcome12 welcome123 welcome1234 welcome2 welcomeback
        whatever whatever1 william1 william123 windows1 windows10 windows123 winter123 winter2020 winter2021 winter2022
        winter2023 winter2024 winter2025 winter2026 wolf1234 wolverine yahoo123 yamaha123 yankees1 yellow123 yoda1234
        yourpassword youtube1 zaq12wsx zaq1xsw2 zaq1zaq1 zxcv1234 zxcvasdf zxcvbnm1 zxcvbnm123 zxcvbnmm
        """;

    public static FrozenSet<string> All { get; } =
        List.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).ToFrozenSet(StringComparer.Ordinal);
}
