using System.Security.Cryptography;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>A value for a parameter that nobody has set.</summary>
public abstract class ParameterDefault
{
    /// <summary>Makes the value.</summary>
    public abstract string GetDefaultValue();
}

/// <summary>A random value, made of the kinds of characters that are wanted.</summary>
public sealed class GenerateParameterDefault : ParameterDefault
{
    private const string LowerSet = "abcdefghjkmnpqrstuvwxyz";
    private const string UpperSet = "ABCDEFGHJKMNPQRSTUVWXYZ";
    private const string NumericSet = "0123456789";
    private const string SpecialSet = "-_.{}~()*+!";

    /// <summary>Length, or more where the minimums need it.</summary>
    public int MinLength { get; set; }

    /// <summary>Whether lower case letters are used.</summary>
    public bool Lower { get; set; } = true;

    /// <summary>Whether upper case letters are used.</summary>
    public bool Upper { get; set; } = true;

    /// <summary>Whether digits are used.</summary>
    public bool Numeric { get; set; } = true;

    /// <summary>Whether punctuation is used.</summary>
    public bool Special { get; set; } = true;

    /// <summary>At least so many lower case letters.</summary>
    public int MinLower { get; set; }

    /// <summary>At least so many upper case letters.</summary>
    public int MinUpper { get; set; }

    /// <summary>At least so many digits.</summary>
    public int MinNumeric { get; set; }

    /// <summary>At least so many punctuation characters.</summary>
    public int MinSpecial { get; set; }

    /// <inheritdoc/>
    public override string GetDefaultValue()
    {
        (bool Use, int Min, string Set)[] kinds =
            [(Lower, MinLower, LowerSet), (Upper, MinUpper, UpperSet), (Numeric, MinNumeric, NumericSet), (Special, MinSpecial, SpecialSet)];
        var used = kinds.Where(k => k.Use).ToList();
        var characters = used.SelectMany(k => RandomNumberGenerator.GetItems<char>(k.Set, k.Min)).ToList();
        var missing = Math.Max(0, MinLength - characters.Count);
        characters.AddRange(RandomNumberGenerator.GetItems<char>(string.Concat(used.Select(k => k.Set)), missing));
        var value = characters.ToArray();
        RandomNumberGenerator.Shuffle(value.AsSpan());
        return new string(value);
    }
}

/// <summary>A value that comes from configuration: <c>Parameters:name</c>.</summary>
public class ParameterResource(string name, Func<ParameterDefault?, string> callback, bool secret = false)
    : Resource(name), IExpressionValue
{
    private string? _value;

    /// <summary>What makes the value when nobody has set it.</summary>
    public ParameterDefault? Default { get; set; }

    /// <summary>Whether it must not be shown.</summary>
    public bool Secret { get; } = secret;

    /// <inheritdoc/>
    public string ValueExpression => $"{{{Name}.value}}";

    /// <inheritdoc/>
    public ValueTask<string?> GetValueAsync(CancellationToken cancellationToken)
    {
        lock (this)
        {
            return ValueTask.FromResult<string?>(_value ??= callback(Default));
        }
    }
}
