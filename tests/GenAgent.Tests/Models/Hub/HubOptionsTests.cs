using GenAgent.Models.Hub;

namespace GenAgent.Tests.Models.Hub;

public sealed class HubOptionsTests
{
    [Theory]
    [InlineData("HF_HOME=/h", "/h/hub")]
    [InlineData("HF_HOME=/h;HF_HUB_CACHE=/c", "/c")]
    [InlineData("HUGGINGFACE_HUB_CACHE=/d", "/d")]
    [InlineData("XDG_CACHE_HOME=/x", "/x/huggingface/hub")]
    public void Cache_lies_where_the_environment_says(string variables, string expected) =>
        HubOptions.FromEnvironment(Environment(variables)).CacheFolder.ShouldBe(Path.GetFullPath(expected));

    [Fact]
    public void Endpoint_token_and_offline_come_from_the_environment_and_the_token_is_never_printed()
    {
        var options = HubOptions.FromEnvironment(Environment("HF_HOME=/h;HF_TOKEN=hf_secret;HF_ENDPOINT=http://mirror:8080;HF_HUB_OFFLINE=1"));

        options.Endpoint.ShouldBe(new Uri("http://mirror:8080"));
        options.Token.ShouldBe("hf_secret");
        options.Offline.ShouldBeTrue();
        options.ToString().ShouldNotContain("hf_secret");
    }

    [Fact]
    public void The_line_end_behind_a_token_is_no_part_of_it()
    {
        HubOptions.FromEnvironment(Environment("HF_HOME=/h;HF_TOKEN=hf_secret\r\n")).Token.ShouldBe("hf_secret");
        Should.Throw<ArgumentException>(() => HubOptions.FromEnvironment(Environment("HF_HOME=/h;HF_TOKEN=hf_a\nhf_b"))).Message.ShouldContain("HF_TOKEN");
    }

    [Fact]
    public void Token_file_is_read_where_no_variable_holds_one()
    {
        using var home = new TemporaryFolder();
        File.WriteAllText(home["token"], "hf_file\n");

        HubOptions.FromEnvironment(Environment($"HF_HOME={home.Path}")).Token.ShouldBe("hf_file");
    }

    [Fact]
    public void Endpoint_that_is_no_address_is_refused() =>
        Should.Throw<ArgumentException>(() => HubOptions.FromEnvironment(Environment("HF_ENDPOINT=ftp://x"))).Message.ShouldContain("HF_ENDPOINT");

    [Theory]
    [InlineData("org/name", "org/name", "main")]
    [InlineData("hf:Qwen/Qwen2.5-VL-7B-Instruct", "Qwen/Qwen2.5-VL-7B-Instruct", "main")]
    [InlineData("gpt2@v1.0", "gpt2", "v1.0")]
    [InlineData("org/name@refs/pr/3", "org/name", "refs/pr/3")]
    public void Model_names_are_read(string text, string id, string revision)
    {
        var model = HubModel.Parse(text);

        (model.Id, model.Revision).ShouldBe((id, revision));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a/b/c")]
    [InlineData("../x")]
    [InlineData("a/..")]
    [InlineData("a--b/c")]
    [InlineData("a b")]
    [InlineData("/x")]
    [InlineData("org/name@../../x")]
    [InlineData("org/name@")]
    [InlineData("org/.git")]
    public void Names_that_are_none_or_could_leave_the_cache_are_refused(string text) =>
        Should.Throw<ArgumentException>(() => HubModel.Parse(text));

    [Theory]
    [InlineData("*.json", "a/b.json", true)]
    [InlineData("*.json", "a.jsonl", false)]
    [InlineData("vae/", "vae/x/y.bin", true)]
    [InlineData("vae/*", "vae2/x", false)]
    [InlineData("model-0000[12]-of-?.safetensors", "model-00002-of-9.safetensors", true)]
    [InlineData("model-0000[!12].x", "model-00002.x", false)]
    [InlineData("a+b(c).x", "a+b(c).x", true)]
    public void File_patterns_match_as_the_hubs_own_do(string pattern, string path, bool expected) =>
        new FilePattern(pattern).Matches(path).ShouldBe(expected);

    private static Func<string, string?> Environment(string variables)
    {
        var map = variables.Split(';').Select(pair => pair.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);
        return name => map.GetValueOrDefault(name);
    }
}
