using System.Text.Json;
using GenAgent.Torch.Tokenizers;
using GenAgent.Training.Sft;

namespace GenAgent.Training.Tests.Sft;

public sealed class AgentFolderTests
{
    [Fact]
    public void A_bias_holds_for_every_token_that_spells_a_word_and_leaves_the_other_settings_alone()
    {
        using var folder = new TemporaryFolder();
        TinyAgent.Prepare(folder.Path, TinyAgent.Options);
        var model = folder.File("model");
        var tokenizer = TokenizerLoader.Load(model);
        var word = Enumerable.Range(256, tokenizer.IdLimit - 256).Select(id => tokenizer.Decode([id]).Trim())
            .First(text => text.Length > 2 && text.All(char.IsLetter));

        AgentFolder.WriteBias(model, new Dictionary<string, double> { ["x"] = 9 });
        AgentFolder.WriteBias(model, new Dictionary<string, double> { [word] = 2.5 });

        using var settings = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(model, "generation_config.json")));
        settings.RootElement.GetProperty("do_sample").GetBoolean().ShouldBeFalse();
        var biases = settings.RootElement.GetProperty("sequence_bias").EnumerateArray().ToList();
        biases.ShouldNotBeEmpty();
        biases.ShouldAllBe(entry => entry[1].GetDouble() == 2.5 && tokenizer.Decode(new[] { entry[0][0].GetInt32() }, false).Trim() == word);
    }

    [Fact]
    public void A_word_without_a_token_of_its_own_is_refused()
    {
        using var folder = new TemporaryFolder();
        TinyAgent.Prepare(folder.Path, TinyAgent.Options);

        Should.Throw<InvalidDataException>(() => AgentFolder.WriteBias(folder.File("model"), new Dictionary<string, double> { ["antidisestablishment"] = 1 }))
            .Message.ShouldContain("antidisestablishment");
    }
}
