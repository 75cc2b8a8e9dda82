using GenAgent.Torch.Chat;
using GenAgent.Torch.Qwen25VL;
using GenAgent.Torch.Tests.Qwen25VL;
using GenAgent.Torch.Tokenizers;
using GenAgent.Torch.Tokenizers.Building;

namespace GenAgent.Torch.Tests.Backends;

/// <summary>A folder that holds all that a published Qwen2.5-VL does, tiny and untrained.</summary>
internal static class TinyQwenFolder
{
    public static void Write(string folder)
    {
        Directory.CreateDirectory(folder);
        var file = Path.Combine(folder, "tokenizer.json");
        File.WriteAllText(file, ByteLevelBpeTrainer.Train(["a red circle and a blue star"], 290));
        var tokenizer = TokenizerLoader.Load(folder);
        var config = Tiny.Config(tied: true);
        using var model = new Qwen25VLModel(config with
        {
            Text = config.Text with { VocabularySize = tokenizer.IdLimit, MaxPositions = 8192 },
            ImageTokenId = tokenizer.IdOf(QwenChatTemplate.ImagePad), VideoTokenId = tokenizer.IdOf("<|video_pad|>"),
            VisionStartTokenId = tokenizer.IdOf(QwenChatTemplate.VisionStart), VisionEndTokenId = tokenizer.IdOf(QwenChatTemplate.VisionEnd),
        });
        model.Initialize(1);
        Qwen25VLCheckpoint.Save(model, folder);
    }
}
